/** Nodes have a colour of their own throughout a report; there are as many as a legend can bear. */
const COLOURS = 6

/** The class of a server's colour; those that are no node of the lab share the last, neutral one. */
export function nodeColour(nodes: readonly string[], name: string): string {
  const index = nodes.indexOf(name)
  return index < 0 ? 'nx' : `n${index % COLOURS}`
}
