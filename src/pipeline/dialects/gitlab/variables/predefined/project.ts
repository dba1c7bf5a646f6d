import type { ProjectFacts } from '../../../types.ts'
import { slugOf } from './slug.ts'
import type { Predefined } from './table.ts'

export const PROJECT: readonly Predefined<ProjectFacts>[] = [
  { name: 'CI_DEFAULT_BRANCH', value: ({ defaultBranch }) => defaultBranch },
  { name: 'CI_DEFAULT_BRANCH_SLUG', value: ({ defaultBranch }) => slugOf(defaultBranch) },
  { name: 'CI_PROJECT_ID', value: ({ id }) => id },
  { name: 'CI_PROJECT_PATH', value: ({ name }) => name },
  { name: 'CI_PROJECT_PATH_SLUG', value: ({ name }) => slugOf(name) },
  { name: 'CI_PROJECT_NAME', value: ({ name }) => name.split('/').at(-1) },
  { name: 'CI_PROJECT_TITLE', note: 'the name', value: ({ name }) => name.split('/').at(-1) },
  { name: 'CI_PROJECT_NAMESPACE', value: namespaceOf },
  { name: 'CI_PROJECT_NAMESPACE_SLUG', value: project => slugOf(namespaceOf(project)) },
  { name: 'CI_PROJECT_ROOT_NAMESPACE', value: project => namespaceOf(project).split('/')[0] },
  {
    name: 'CI_PROJECT_ROOT_NAMESPACE_SLUG',
    value: project => slugOf(namespaceOf(project).split('/')[0] ?? ''),
  },
  { name: 'CI_PROJECT_URL', value: ({ serverUrl, name }) => `${serverUrl}/${name}` },
  { name: 'CI_PROJECT_VISIBILITY', note: 'private: who sees it is decided by roles', value: () => 'private' },
]

/** What stands before the last slash; the project's own name where there is none. */
function namespaceOf({ name }: ProjectFacts): string {
  const end = name.lastIndexOf('/')
  return end < 0 ? name : name.slice(0, end)
}
