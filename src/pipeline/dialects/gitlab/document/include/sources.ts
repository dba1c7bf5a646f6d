import { createHash } from 'node:crypto'
import { BallastError, type Location } from '../../../../../core/index.ts'
import { quote } from '../../../../yaml/located.ts'
import type { Fetched, IncludeSources, RepositoryFiles } from '../../../types.ts'
import { TEMPLATES } from '../../templates/index.ts'
import type { DocumentFindings } from '../findings.ts'
import type { ComponentField } from '../header/types.ts'
import { MAX_FILE_BYTES } from '../limits.ts'
import { repositoryPath } from './targets.ts'
import type { ComponentAddress, Home, IncludeTarget } from './types.ts'

/** A file that is included, as text. */
export interface IncludedFile {
  readonly name: string
  readonly text: string
  readonly home: Home
  readonly component?: Readonly<Record<ComponentField, string | null>>
}

/** Gets the text of included files. What can't be had is a finding at the entry that asks for it. */
export class Sources {
  readonly #files: RepositoryFiles
  readonly #includes: IncludeSources
  readonly #findings: DocumentFindings
  /** Names of this Ballast in addresses of components. */
  readonly #hosts: ReadonlySet<string>

  constructor(
    files: RepositoryFiles,
    includes: IncludeSources,
    hosts: ReadonlySet<string>,
    findings: DocumentFindings,
  ) {
    this.#files = files
    this.#includes = includes
    this.#hosts = hosts
    this.#findings = findings
  }

  async fetch(target: IncludeTarget, home: Home, at: Location): Promise<IncludedFile | undefined> {
    switch (target.kind) {
      case 'local':
        return this.#local(target.path, home, at)
      case 'project':
        return this.#project(target.project, target.file, target.ref, at)
      case 'remote':
        return this.#remote(target.url, target.integrity, at)
      case 'component':
        return this.#component(target.host, target.address, at)
      case 'template':
        return this.#template(target.name, at)
    }
  }

  async #local(path: string, home: Home, at: Location): Promise<IncludedFile | undefined> {
    const plain = repositoryPath(path, at, this.#findings)
    if (plain === undefined) return undefined
    if (home.kind === 'nowhere') {
      return this.#findings.error(
        at,
        'NOT_AVAILABLE',
        `A remote file or template has no local file ${quote(path)}`,
        {
          hint: 'include it as a project or remote file',
        },
      )
    }
    if (home.kind === 'project') return this.#project(home.project, plain, home.ref, at)
    const text = await this.#reading(plain, at, () => this.#files.read(plain, MAX_FILE_BYTES))
    if (text === 'failed') return undefined
    if (text !== undefined) return { name: plain, text, home }
    return this.#missing(plain, 'it is not in this commit', at)
  }

  async #project(
    project: string,
    file: string,
    ref: string | undefined,
    at: Location,
  ): Promise<IncludedFile | undefined> {
    const plain = repositoryPath(file, at, this.#findings)
    if (plain === undefined) return undefined
    const name = `${project}:${plain}`
    const fetched = await this.#reading(name, at, () => this.#includes.project(project, plain, ref))
    if (fetched === 'failed') return undefined
    if (fetched.kind === 'missing') return this.#missing(name, fetched.reason, at)
    return { name, text: fetched.text, home: { kind: 'project', project, ref: fetched.commit ?? ref } }
  }

  async #remote(url: string, integrity: string | undefined, at: Location): Promise<IncludedFile | undefined> {
    if (!/^https:\/\//i.test(url) || !URL.canParse(url) || !/[^/]\.ya?ml$/i.test(url)) {
      return this.#findings.error(at, 'INCLUDE_INVALID', 'Bad address of a remote file', {
        expected: 'https://… that ends with .yml or .yaml',
        found: quote(url),
      })
    }
    const fetched = await this.#reading(url, at, () => this.#includes.remote(url))
    if (fetched === 'failed') return undefined
    if (fetched.kind === 'missing') return this.#missing(url, fetched.reason, at)
    const digest = `sha256-${createHash('sha256').update(fetched.text).digest('base64')}`
    if (integrity === undefined) {
      return this.#findings.error(
        at,
        'INCLUDE_UNPINNED',
        `${quote(url)} may change at any time without a digest`,
        {
          hint: `read it, then pin it: add integrity: '${digest}', which is its digest now`,
        },
      )
    }
    if (integrity !== digest) {
      const facts = { expected: integrity.slice(0, 100), found: digest }
      return this.#findings.error(
        at,
        'INCLUDE_CHANGED',
        `${quote(url)} is not the file that was pinned`,
        facts,
      )
    }
    return { name: url, text: fetched.text, home: { kind: 'nowhere' } }
  }

  async #component(host: string, address: ComponentAddress, at: Location): Promise<IncludedFile | undefined> {
    const { project, name, version } = address
    if (!this.#hosts.has(host)) {
      const [ours = ''] = this.#hosts
      return this.#findings.error(
        at,
        'NOT_AVAILABLE',
        `Components come from this Ballast, not from ${quote(host)}`,
        {
          hint: `push a copy of ${project} here and write $CI_SERVER_FQDN (${ours}) for the host`,
        },
      )
    }
    const written = `${project}/${name}@${version}`
    const fetched = await this.#reading(written, at, () => this.#includes.component(project, name, version))
    if (fetched === 'failed') return undefined
    if (fetched.kind === 'missing') return this.#missing(written, fetched.reason, at)
    const commit = fetched.commit ?? null
    return {
      name: written,
      text: fetched.text,
      home: { kind: 'project', project, ref: fetched.commit ?? version },
      component: { name, sha: commit, version: releaseOf(fetched, version), reference: version },
    }
  }

  #template(name: string, at: Location): IncludedFile | undefined {
    const text = TEMPLATES.get(name)
    if (text !== undefined) return { name: `template:${name}`, text, home: { kind: 'nowhere' } }
    const names = [...TEMPLATES.keys()]
    return this.#findings.error(at, 'INCLUDE_MISSING', `There is no template ${quote(name)}`, {
      expected: `one of ${names.join(', ')}`,
      ...this.#findings.nearest(name, names),
    })
  }

  /** Files that are too large, projects that may not be read: what a source refuses is a finding. */
  async #reading<T>(name: string, at: Location, read: () => Promise<T>): Promise<T | 'failed'> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof BallastError)) throw error
      this.#missing(name, error.message, at)
      return 'failed'
    }
  }

  #missing(name: string, reason: string, at: Location): undefined {
    return this.#findings.error(at, 'INCLUDE_MISSING', `Could not include ${quote(name)}: ${reason}`)
  }
}

/** The release that a version chose; null for a branch or commit. */
function releaseOf({ version }: Extract<Fetched, { kind: 'file' }>, asked: string): string | null {
  return version ?? (/^v?\d+\.\d+\.\d+([-+].*)?$/.test(asked) ? asked : null)
}
