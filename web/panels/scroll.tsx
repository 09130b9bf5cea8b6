import type { ComponentChildren } from 'preact';

/** A place that scrolls by itself, where a table is wider or longer than there is room. */
export function Scroll({
  label,
  size = '',
  children,
}: {
  label: string;
  size?: 'short' | 'tall' | '';
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class={`scroll ${size}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
