import { render } from 'preact';
import { App } from './app.js';
import { startAsking } from './data/data.js';
import { startListening } from './live/live.js';
import { startTheme } from './looks/theme.js';
import { startTitle } from './looks/title.js';
import { followHistory } from './state.js';
import { startClock } from './time/clock.js';

startTheme();
startTitle();
followHistory();
startClock();
startAsking();
startListening();
render(<App />, document.querySelector('#page')!);
