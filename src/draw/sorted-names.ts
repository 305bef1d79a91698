/** Names in an order that people expect: node2 before node10. */
export function sortedNames(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort(byName)
}

const { compare: byName } = new Intl.Collator('en', { numeric: true })
