import { afterEach, describe, expect, it, vi } from 'vitest';
import { progress, progressText } from '../../src/cli/terminal/progress.js';
import { collector } from './running.js';

describe('progress', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is a line now and then where there is no terminal', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { stream, text } = collector();
    const display = progress(
      { stderr: stream },
      { label: 'importing', total: 400, unit: 'row', lineMilliseconds: 20 },
    );
    display.update(1);
    expect(text()).toBe('');
    vi.advanceTimersByTime(50);
    display.update(100);
    display.update(101);
    display.stop();
    expect(text()).toBe('importing: 100 of 400 rows (25 %), 2,000 rows/s, 1 s left\n');
  });

  it('is a bar on a terminal', () => {
    const { stream, text } = collector();
    const terminal = Object.assign(stream, { isTTY: true, columns: 120 });
    const display = progress({ stderr: terminal }, { label: 'importing', total: 100 });
    display.update(50);
    display.stop();
    display.stop();
    expect(text()).toContain('[============------------] importing: 50 of 100 events (50 %)');
  });

  it('says what it can where the end is not known', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const text = progressText(5000, performance.now() - 2000, { label: 'copying' });
    expect(text).toBe('copying: 5,000 events, 2,500 events/s');
  });

  it('counts bytes in MB, and one thing as one', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const options = { label: 'importing', total: 12_000_000, unit: 'byte' };
    expect(progressText(3_000_000, performance.now() - 2000, options)).toBe(
      'importing: 3.0 of 12.0 MB (25 %), 1.5 MB/s, 6 s left',
    );
    expect(progressText(1, performance.now() - 1000, { label: 'reading', unit: 'contact' })).toBe(
      'reading: 1 contact, 1 contact/s',
    );
  });
});
