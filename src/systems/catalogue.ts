import { type Setting, settingsOf } from '../faults/settings.ts'
import { faultKinds } from './fault-kinds.ts'

/** One kind of fault, for people and scripts. */
interface CatalogueEntry {
  readonly fault: string
  readonly family: string
  readonly about: string
  readonly aims: readonly string[]
  readonly settings: readonly Setting[]
}

/** Every kind of fault, by family. */
export function catalogue(): readonly CatalogueEntry[] {
  const families = [...new Set(faultKinds.map(({ family }) => family))]
  return families
    .flatMap((family) => faultKinds.filter((kind) => kind.family === family))
    .map((kind) => {
      return { fault: kind.type, family: kind.family, about: kind.about, aims: kind.aims, settings: settingsOf(kind) }
    })
}
