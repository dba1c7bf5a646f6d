import { type Instant, isoOf } from '../../../core/index.ts'
import { readFile } from '../../../git/index.ts'
import type { Pipeline, Release, ReleaseRequest } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'
import type { EndedAttempt } from '../texts.ts'

/** Longer than any release notes that a person reads. */
const MAX_DESCRIPTION_BYTES = 256 * 1024
/** Of a name, a title or an address; what is longer is cut, or refused where it would be another. */
const MAX_TEXT = 1000
/** A description that long, or with a line end in it, names no file. */
const MAX_PATH = 255

export type ReleaseContent = Pick<Release, 'name' | 'description' | 'milestones' | 'links' | 'releasedAt'>

/** What a release says, with its texts expanded; a text: why it can't be released so. */
export async function contentOf(
  plane: Pick<ControlPlane, 'settings' | 'blobs' | 'clock'>,
  pipeline: Pipeline,
  attempt: EndedAttempt,
  request: ReleaseRequest,
  expand: (text: string) => string,
): Promise<ReleaseContent | string> {
  const links = request.links.map(({ name, url, type }) => ({
    name: expand(name).slice(0, MAX_TEXT),
    url: expand(url),
    ...(type !== undefined && { type }),
  }))
  const bad = links.find(({ url }) => !isAddress(url))
  if (bad) return `the link '${bad.name}' has no address for a browser: '${bad.url.slice(0, 200)}'`
  const twice = links.find(({ name, url }, i) =>
    links.slice(0, i).some(other => other.name === name || other.url === url),
  )
  if (twice) return `two of its links have the name or the address of '${twice.name}'`
  const releasedAt = timeOf(plane, request, expand)
  if (releasedAt === undefined)
    return `released_at is no date such as ${isoOf(plane.clock.now())}: '${expand(request.releasedAt ?? '').slice(0, 100)}'`
  const described = await descriptionOf(plane, pipeline, attempt, expand(request.description))
  if (described === undefined) return `its description has more than ${MAX_DESCRIPTION_BYTES} bytes`
  return {
    name: expand(request.name ?? request.tag).slice(0, MAX_TEXT),
    description: described,
    milestones: request.milestones.map(title => expand(title).slice(0, MAX_TEXT)),
    links,
    releasedAt,
  }
}

function isAddress(url: string): boolean {
  return /^(https?|ftp):\/\/\S+$/i.test(url) && URL.canParse(url) && url.length <= MAX_TEXT
}

function timeOf(
  { clock }: Pick<ControlPlane, 'clock'>,
  { releasedAt }: ReleaseRequest,
  expand: (text: string) => string,
): Instant | undefined {
  if (releasedAt === undefined) return clock.now()
  const text = expand(releasedAt)
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : (time as Instant)
}

/** The text itself, or what is in the file that it names: one that the job has kept, else one of the commit. */
async function descriptionOf(
  { settings, blobs }: Pick<ControlPlane, 'settings' | 'blobs'>,
  { project, commit }: Pipeline,
  { artifacts }: EndedAttempt,
  text: string,
): Promise<string | undefined> {
  const path = pathIn(text)
  const kept = artifacts.find(file => file.path === path)
  if (kept) {
    if (kept.size > MAX_DESCRIPTION_BYTES) return undefined
    const source = await blobs.open(kept.digest)
    try {
      return Buffer.from(await source.read(0, kept.size)).toString('utf8')
    } finally {
      await source.close()
    }
  }
  const directory = repositoryDirectory(settings, project)
  const file =
    path === undefined
      ? undefined
      : await readFile(directory, commit, path, MAX_DESCRIPTION_BYTES).catch(unreadable)
  if (file === 'too large') return undefined
  const content = file?.toString('utf8') ?? text
  return Buffer.byteLength(content) > MAX_DESCRIPTION_BYTES ? undefined : content
}

/** `./notes/v1.md` is `notes/v1.md`; undefined: no path inside the repository. */
function pathIn(text: string): string | undefined {
  if (text.length > MAX_PATH || /[\r\n\0]/.test(text)) return undefined
  const path = text.replace(/^(\.\/)+/, '')
  const isInside = path.split('/').every(part => part !== '' && part !== '.' && part !== '..')
  return isInside ? path : undefined
}

/** A folder or link of that name is no description: the text stands for itself. */
function unreadable(error: unknown): 'too large' | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'GIT_FILE_TOO_LARGE') return 'too large'
  if (code === 'GIT_FILE_NOT_REGULAR' || code === 'GIT_PATH_INVALID') return undefined
  throw error
}
