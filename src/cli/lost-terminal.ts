/**
 * A terminal that goes away makes its streams fail, and a stream that fails unheard ends the process in the middle of
 * its healing. Whatever is written from then on is lost; nothing else is.
 */
export function surviveLostTerminal(): void {
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => {})
}
