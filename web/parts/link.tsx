import type { ComponentChildren } from 'preact';
import { go, hrefOf, type PageState } from '../state.js';

interface LinkProps {
  /** What of the present state it changes. */
  readonly to: Partial<PageState>;
  readonly children: ComponentChildren;
  readonly class?: string | undefined;
  readonly title?: string | undefined;
  readonly 'aria-label'?: string | undefined;
  readonly 'aria-current'?: 'true' | undefined;
}

/** A link to the present state with some of it changed: it can be copied, and opened beside this page. */
export function Link({ to, children, ...rest }: LinkProps) {
  return (
    <a
      {...rest}
      href={hrefOf(to)}
      onClick={(event) => {
        // Whoever wants another tab or window shall have it.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
