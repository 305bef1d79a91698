import { catalogue } from '../systems/catalogue.ts'

/** Lists every kind of fault with its settings. */
export function faults({ json }: { readonly json?: true }): void {
  const entries = catalogue()
  if (json) {
    console.log(JSON.stringify(entries, null, 2))
    return
  }
  let family = ''
  for (const entry of entries) {
    if (entry.family !== family) console.log(`${family === '' ? '' : '\n'}${entry.family}`)
    family = entry.family
    console.log(`  ${entry.fault.padEnd(20)}${entry.about} (${entry.aims.join(', ')})`)
    for (const { name, initial, allowed } of entry.settings) {
      console.log(`  ${''.padEnd(20)}  ${name}${initial === '' ? '' : `=${initial}`}: ${allowed}`)
    }
  }
}
