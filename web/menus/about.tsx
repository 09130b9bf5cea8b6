import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { AboutAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { number } from '../../src/reading/format.js';
import { askAbout, Refusal } from '../data/api.js';

const SURVIVES: Readonly<Record<AboutAnswer['survives'], string>> = {
  nothing: 'nothing: it keeps no events',
  process: 'the end of the process, not a cut of power',
  power: 'a cut of power',
};

/** Which server this is, and what its store promises: for whoever operates it. */
export function About() {
  const found = useSignal<AboutAnswer | Refusal | undefined>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    askAbout(controller.signal).then(
      (answer) => {
        found.value = answer;
      },
      (error: unknown) => {
        if (error instanceof Refusal) found.value = error;
      },
    );
    return () => controller.abort();
  }, [found]);
  const answer = found.value;
  if (answer === undefined) return null;
  if (answer instanceof Refusal) return <p>{answer.title}.</p>;
  const { version, store, survives, writers, commits, warnings } = answer;
  return (
    <dl class="about-terms">
      <div>
        <dt>Version</dt>
        <dd>{version}</dd>
      </div>
      <div>
        <dt>Store</dt>
        <dd>
          {store}, written by {writers === 'one' ? 'one server' : 'any number of servers'}
        </dd>
      </div>
      <div>
        <dt>An acknowledged event survives</dt>
        <dd>{SURVIVES[survives]}</dd>
      </div>
      <div>
        <dt>Time of a commit</dt>
        <dd>
          {commits === null
            ? 'none since the start'
            : `${milliseconds(commits.median)} at the median, 99 % within ${milliseconds(commits.p99)}, of ${number(commits.batches)} ${commits.batches === 1 ? 'batch' : 'batches'} since the start`}
        </dd>
      </div>
      {warnings.map((warning) => (
        <div key={warning}>
          <dt>Warning</dt>
          <dd class="bad">{warning}</dd>
        </div>
      ))}
    </dl>
  );
}

function milliseconds(value: number): string {
  return `${Number(value.toPrecision(2))} ms`;
}
