export interface Bar {
  readonly label: string;
  /** One within the other, the greatest first. */
  readonly values: readonly number[];
  /** What is written behind it. */
  readonly text: string;
  /** How far off the first may be; left out: not at all. */
  readonly error?: number;
}

const WIDTH = 640;
const LEFT = 150;
const RIGHT = 210;
const TOP = 36;
const ROW = 20;
const COLOURS = ['#a6cbe8', '#4a90c2', '#0b4f85'];
const INK = '#222';

/** Horizontal bars as SVG, the widest as wide as there is room. */
export function barPicture(title: string, bars: readonly Bar[]): string {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...bars.map(({ values, error = 0 }) => values[0]! + error));
  const height = TOP + bars.length * ROW + 8;
  const rows = bars.flatMap(({ label, values, text, error = 0 }, i) => {
    const y = TOP + i * ROW;
    const end = LEFT + (values[0]! + error) * scale;
    const from = LEFT + (values[0]! - error) * scale;
    return [
      `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${label}</text>`,
      ...values.map(
        (value, depth) =>
          `<rect x="${LEFT}" y="${y + 2}" width="${px(value * scale)}" height="${ROW - 5}" fill="${COLOURS[depth]}"/>`,
      ),
      ...(error === 0
        ? []
        : [`<path d="M${px(from)} ${y + 9}H${px(end)}" stroke="${INK}" stroke-width="1.5"/>`]),
      `<text x="${px(end + 6)}" y="${y + 13}">${text}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="20" font-size="14" font-weight="bold">${title}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
