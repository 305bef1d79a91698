import path from 'node:path'
import type { ComposeProject } from '../docker/compose.ts'
import { SetupError } from '../docker/progress.ts'
import type { LabDefinition } from '../lab/definition.ts'

/** Where compose finds the project of a lab definition. */
export function composeProject(definition: LabDefinition, variables: Record<string, string> = {}): ComposeProject {
  if (!definition.compose) {
    throw new SetupError(
      `${definition.name}: this lab definition has no compose section: it is started and stopped where it runs, not from here`,
    )
  }
  const { file, project, environment } = definition.compose
  return { file: path.resolve(definition.folder, file), project, environment: { ...variables, ...environment } }
}
