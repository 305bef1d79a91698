/** The containers that the lab may see and touch: those of a compose project, or those of these very names. */
export type ContainerScope = { readonly project: string } | { readonly containers: readonly string[] }

/** What a container is called within the scope, from its name and labels; null when it is none of the scope's. */
export function serviceOf(
  scope: ContainerScope,
  name: string,
  labels: Readonly<Record<string, string>>,
): string | null {
  if ('containers' in scope) return scope.containers.includes(name) ? name : null
  if (labels['com.docker.compose.project'] !== scope.project) return null
  // One-off runs (`docker compose run`) carry the service's name too, without being it.
  if (labels['com.docker.compose.oneoff']?.toLowerCase() === 'true') return null
  return labels['com.docker.compose.service'] ?? null
}

/**
 * The engine's own filter for the scope. It only saves work and lets too much through (a name matches as a part of a
 * longer one), so what comes back still goes through {@link serviceOf}.
 */
export function listFilter(scope: ContainerScope): Record<string, string[]> {
  return 'project' in scope ? projectFilter(scope.project) : { name: [...scope.containers] }
}

/** The same for the event stream, where the filter by name has another key. */
export function eventFilter(scope: ContainerScope): Record<string, string[]> {
  return 'project' in scope ? projectFilter(scope.project) : { container: [...scope.containers] }
}

function projectFilter(project: string): Record<string, string[]> {
  return { label: [`com.docker.compose.project=${project}`] }
}

/** Whether this can be the name of a service or container at all (the engine's own rule for names). */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text)
}

/** For messages: `project hw3`, `the containers a, b`. */
export function describeScope(scope: ContainerScope): string {
  return 'project' in scope ? `project ${scope.project}` : `the containers ${scope.containers.join(', ')}`
}
