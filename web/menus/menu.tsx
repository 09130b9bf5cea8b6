import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** A button that opens a small panel; Escape, a click elsewhere and going on by the keyboard close it. */
export function Menu({
  label,
  name,
  current,
  size = '',
  children,
}: {
  label: ComponentChildren;
  name: string;
  current?: boolean;
  size?: 'small' | '';
  children: (close: () => void, isOpen: boolean) => ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(false);
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const details = element.current!;
    const close = () => {
      details.removeAttribute('open');
    };
    const onPointer = ({ target }: Event) => {
      if (!details.contains(target as Node)) close();
    };
    // Nothing is focused next where only the window is left, or a calendar of the browser's own is opened.
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null && !details.contains(relatedTarget as Node)) close();
    };
    const onKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || !details.open) return;
      close();
      details.querySelector('summary')!.focus();
    };
    details.addEventListener('focusout', onFocusOut);
    document.addEventListener('pointerdown', onPointer);
    document.addEventListener('keydown', onKey);
    return () => {
      details.removeEventListener('focusout', onFocusOut);
      document.removeEventListener('pointerdown', onPointer);
      document.removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <details
      class={`menu ${name}`}
      ref={element}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary class={`button ${size} ${current === true ? 'current' : ''}`}>{label}</summary>
      <div class="menu-panel">{children(() => element.current?.removeAttribute('open'), isOpen)}</div>
    </details>
  );
}
