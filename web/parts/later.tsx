import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

type Part<Props> = (props: Props) => ComponentChildren;

/** A part of the page that few open: its script is loaded when it is first shown. */
export function later<Props extends object>(load: () => Promise<Part<Props>>) {
  return function Later(props: Props) {
    const found = useSignal<{ readonly Part: Part<Props> } | 'lost' | undefined>(undefined);
    useEffect(() => {
      load().then(
        (Part) => {
          found.value = { Part };
        },
        () => {
          found.value = 'lost';
        },
      );
    }, [found]);
    if (found.value === undefined) return null;
    if (found.value === 'lost') return <p class="note">This could not be loaded: reload the page.</p>;
    const { Part } = found.value;
    return <Part {...props} />;
  };
}
