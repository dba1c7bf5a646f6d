/** Keywords at the top of a file; every other key there is a job. */
const GLOBALS: ReadonlySet<string> = new Set([
  'after_script',
  'before_script',
  'cache',
  'default',
  'image',
  'include',
  'services',
  'stages',
  'types',
  'variables',
  'workflow',
])

export function isGlobal(key: string): boolean {
  return GLOBALS.has(key)
}
