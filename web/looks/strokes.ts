import type uPlot from 'uplot';

/** A step as wide as its bucket for each number. */
export const steps: uPlot.Series.PathBuilder = (plot, column, first, last) => {
  const stroke = new Path2D();
  const numbers = plot.data[column]!;
  let isOn = false;
  for (let index = first; index <= last; index += 1) {
    const value = numbers[index];
    if (value === null || value === undefined) {
      isOn = false;
      continue;
    }
    const [left, right] = [index - 0.5, index + 0.5].map((x) => plot.valToPos(x, 'x', true));
    const y = plot.valToPos(value, 'contacts', true);
    if (isOn) stroke.lineTo(left!, y);
    else stroke.moveTo(left!, y);
    stroke.lineTo(right!, y);
    isOn = true;
  }
  return { stroke };
};

/** Marks the buckets that have a note: a thin line through each, and a dot on top. */
export function flag(plot: uPlot, indexes: readonly number[], colour: string, textSize: number): void {
  const { ctx, bbox } = plot;
  const size = textSize * devicePixelRatio;
  ctx.save();
  [ctx.strokeStyle, ctx.fillStyle, ctx.lineWidth] = [colour, colour, Math.max(1, size / 12)];
  for (const index of indexes) {
    const x = plot.valToPos(index, 'x', true);
    ctx.beginPath();
    ctx.setLineDash([size / 4, size / 4]);
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, bbox.top, size / 3, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** What is not over is drawn as unfinished. */
export function hatch(line: string, ground: string, size: number): CanvasPattern {
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(size * 0.75);
  const context = tile.getContext('2d')!;
  context.fillStyle = ground;
  context.fillRect(0, 0, tile.width, tile.width);
  context.strokeStyle = line;
  context.lineWidth = size / 7;
  context.beginPath();
  // Beyond the corners too, so that tiles fit together.
  for (const shift of [-1, 0, 1]) {
    context.moveTo(shift * tile.width - 1, tile.width + 1);
    context.lineTo((shift + 1) * tile.width + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat')!;
}

/** What a custom property is, once the style sheet has made up its mind. */
export function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
