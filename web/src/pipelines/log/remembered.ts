/** Which sections somebody opened or closed, by job and name: the next log of the job begins with them so. */
const STORED = 'ballast.log.sections'
/** The latest; what was chosen before is forgotten. */
const MAX_REMEMBERED = 200

type Chosen = readonly (readonly [key: string, isOpen: boolean])[]

const keyOf = (job: string, section: string) => `${job}\n${section}`

function readAll(): Chosen {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]')
    if (!Array.isArray(stored)) return []
    return stored.filter(
      entry => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'boolean',
    )
  } catch {
    return []
  }
}

/** By section. */
export function rememberedSections(job: string): ReadonlyMap<string, boolean> {
  const prefix = keyOf(job, '')
  return new Map(
    readAll().flatMap(([key, isOpen]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), isOpen] as const] : [],
    ),
  )
}

export function rememberSection(job: string, section: string, isOpen: boolean): void {
  const key = keyOf(job, section)
  const others = readAll().filter(([other]) => other !== key)
  localStorage.setItem(STORED, JSON.stringify([...others, [key, isOpen]].slice(-MAX_REMEMBERED)))
}
