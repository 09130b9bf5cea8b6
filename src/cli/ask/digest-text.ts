import type { Counts } from '../../http/routes/dashboard-schemas.js';
import type { TallyRow } from '../../http/routes/schemas.js';
import { escaped } from '../../http/routes/sign-in-page.js';
import { growthText, interval, number, percent, span, zoneName } from '../../reading/format.js';
import { momentsOf, type View } from '../../reading/ranges.js';
import type { Part } from '../../reading/sentence.js';
import { isBeyondChance, rateOf, symbolsApart } from '../../reading/statistics.js';

/** What a digest says, in whatever form. */
export interface Digest {
  readonly sentence: readonly Part[];
  readonly view: View;
  /** Of all symbols. */
  readonly rows: readonly TallyRow[];
  /** The same of the period before; undefined where there is none to tell changes against. */
  readonly before: readonly TallyRow[] | undefined;
  readonly total: Counts;
  /** The page with the same numbers. */
  readonly link: string;
}

type News = 'up' | 'down' | undefined;

interface Line {
  readonly cells: readonly string[];
  readonly news: News;
}

const TEST = 'beyond chance by a Poisson test, 95 % for all symbols together';
const NEWS_COLOURS = { up: '#0f6b3a', down: '#8a4b00' } as const;

/** The digest as plain text, in which a star stands behind what is news. */
export function digestText(digest: Digest): string {
  const { heads, lines } = tableOf(digest);
  const all = [
    heads,
    ...lines.map(({ cells, news }) => cells.with(-1, `${cells.at(-1)}${news ? ' *' : '  '}`)),
  ];
  const widths = heads.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)));
  const table = all.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const hasNews = lines.some(({ news }) => news !== undefined);
  const paragraphs = [
    `${digest.sentence.map(({ text }) => text).join('')}\n${spansOf(digest)}`,
    ...(digest.total.contacts === 0 ? [] : [table.join('\n')]),
    ...(hasNews ? [`* ${TEST}`] : []),
    digest.link,
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** The digest as a document for mail, whose readers heed no style sheets. */
export function digestHtml(digest: Digest): string {
  const { heads, lines } = tableOf(digest);
  const row = (cells: readonly string[], tag: 'th' | 'td', news?: News) => {
    const cellOf = (text: string, column: number) => {
      const colour =
        news !== undefined && column === cells.length - 1
          ? `;color:${NEWS_COLOURS[news]};font-weight:bold`
          : '';
      return `<${tag} style="padding:3px 10px;border-bottom:1px solid #e5e8ed;text-align:${column === 0 ? 'left' : 'right'}${colour}">${escaped(text)}</${tag}>`;
    };
    return `<tr>${cells.map(cellOf).join('')}</tr>`;
  };
  const sentence = digest.sentence.map(({ text, look, test }) => {
    const title = test === undefined ? '' : ` title="${escaped(test)}"`;
    const colour = look === undefined || look === 'number' ? '' : ` style="color:${NEWS_COLOURS[look]}"`;
    return look === undefined ? escaped(text) : `<b${title}${colour}>${escaped(text)}</b>`;
  });
  const body = lines.map(({ cells, news }) => row(cells, 'td', news)).join('\n');
  const table = `<table style="border-collapse:collapse">\n${row(heads, 'th')}\n${body}\n</table>\n<p style="color:#586072">Coloured: ${TEST}.</p>\n`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tallyboard, ${escaped(span(digest.view))}</title></head>
<body style="font:14px/1.5 sans-serif;color:#16181d;background:#ffffff">
<p style="font-size:16px">${sentence.join('')}</p>
<p style="color:#586072">${escaped(spansOf(digest))}</p>
${digest.total.contacts === 0 ? '' : table}<p><a href="${escaped(digest.link)}">Open the dashboard</a></p>
</body>
</html>
`;
}

/** The symbols that have contacts, or had some, those with the most first; and all of them. */
function tableOf({ rows, before, total }: Digest): { heads: string[]; lines: Line[] } {
  const changes = before === undefined ? [] : ['Change'];
  const lines = rows
    .map((row, place) => ({ row, was: before?.[place]?.count ?? 0 }))
    .filter(({ row, was }) => row.count > 0 || was > 0)
    .toSorted((one, other) => other.row.count - one.row.count)
    .map(({ row: { symbol, count, followups }, was }): Line => {
      const apart = symbolsApart(count, was);
      const change = was === 0 ? '' : growthText(count, was);
      return {
        cells: [symbol, ...countCells(count, followups), ...changes.map(() => change)],
        news: change === '' || !isBeyondChance(apart) ? undefined : apart.by > 0 ? 'up' : 'down',
      };
    });
  const all = ['all', ...countCells(total.contacts, total.followups), ...changes.map(() => '')];
  return {
    heads: ['Symbol', 'Contacts', 'Followups', 'Rate', '95 % interval', ...changes],
    lines: [...lines, { cells: all, news: undefined }],
  };
}

function countCells(contacts: number, followups: number): string[] {
  const rate = rateOf(followups, contacts);
  const rates = rate === undefined ? ['', ''] : [percent(rate.value), interval(rate)];
  return [number(contacts), number(followups), ...rates];
}

/** Which days, and against which: `Fri 27 Nov 2026, Europe/Paris (UTC+1), against Fri 20 Nov 2026`. */
function spansOf({ view, before }: Digest): string {
  const own = `${span(view)}, ${zoneName(view.zone, ...momentsOf(view))}`;
  if (before === undefined) return own;
  return `${own}, against ${span({ ...view.beforeUntilNow!, zone: view.zone })}`;
}
