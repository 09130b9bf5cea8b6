/** Tells whenever the page goes onto paper, in its colours, or comes back from it; answers with what ends that. */
export function followPaper(tell: (isOnPaper: boolean) => void): () => void {
  const medium = matchMedia('print');
  let isPrinting = false;
  const turn = () => {
    const isOnPaper = isPrinting || medium.matches;
    // The style sheet for print is not in force yet when the chart is drawn for it.
    document.documentElement.classList.toggle('on-paper', isOnPaper);
    tell(isOnPaper);
  };
  // The medium changes when it is too late to draw; but where print is only emulated, nothing else comes.
  const onBefore = () => {
    isPrinting = true;
    turn();
  };
  const onAfter = () => {
    isPrinting = false;
    turn();
  };
  medium.addEventListener('change', turn);
  window.addEventListener('beforeprint', onBefore);
  window.addEventListener('afterprint', onAfter);
  turn();
  return () => {
    medium.removeEventListener('change', turn);
    window.removeEventListener('beforeprint', onBefore);
    window.removeEventListener('afterprint', onAfter);
  };
}
