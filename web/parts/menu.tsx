import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A button that opens a small panel; Escape and a click elsewhere close it. */
export function Menu({
  label,
  name,
  current,
  children,
}: {
  label: ComponentChildren;
  name: string;
  current?: boolean;
  children: (close: () => void) => ComponentChildren;
}) {
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = () => {
      element.current?.removeAttribute('open');
    };
    const onPointer = ({ target }: Event) => {
      if (element.current?.contains(target as Node) === false) close();
    };
    const onKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || element.current?.open !== true) return;
      close();
      element.current.querySelector('summary')?.focus();
    };
    document.addEventListener('pointerdown', onPointer);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onPointer);
      document.removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <details class={`menu ${name}`} ref={element}>
      <summary class={current === true ? 'button current' : 'button'}>{label}</summary>
      <div class="menu-panel">{children(() => element.current?.removeAttribute('open'))}</div>
    </details>
  );
}
