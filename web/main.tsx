import { render } from 'preact';
import { App } from './app.js';
import { startClock } from './clock.js';
import { startAsking } from './data.js';
import { startListening } from './live.js';
import { followHistory } from './state.js';
import { startTheme } from './theme.js';
import { startTitle } from './title.js';

startTheme();
startTitle();
followHistory();
startClock();
startAsking();
startListening();
render(<App />, document.querySelector('#page')!);
