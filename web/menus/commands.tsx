import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { curlOf, type Panel, sqlOf } from '../data/commands.js';
import type { Numbers } from '../data/data.js';
import { minute } from '../time/clock.js';

/** The commands by which the numbers of a panel are asked for, to be copied. */
export function Commands({ panel, shown }: { panel: Panel; shown: Numbers }) {
  const now = minute.value;
  return (
    <>
      <Command name="curl" text={curlOf(panel, shown, location.origin, now)} />
      <Command name="SQL" text={`tallyboard sql "${sqlOf(panel, shown, now)}"`} />
    </>
  );
}

function Command({ name, text }: { name: string; text: string }) {
  const isCopied = useSignal(false);
  const element = useRef<HTMLElement>(null);
  return (
    <div class="command">
      <h2>
        {name}
        <button
          type="button"
          class="button small"
          onClick={async () => {
            getSelection()!.selectAllChildren(element.current!);
            // Over plain HTTP from afar a browser writes nothing there: what is selected can be copied by hand.
            isCopied.value = await (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(
              () => true,
              () => false,
            );
          }}
        >
          {isCopied.value ? 'Copied' : 'Copy'}
        </button>
      </h2>
      <pre>
        <code ref={element}>{text}</code>
      </pre>
    </div>
  );
}
