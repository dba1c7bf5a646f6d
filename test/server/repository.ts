import { execFileSync } from 'node:child_process'
import type { Project } from '../../src/access/index.ts'
import type { CommitId } from '../../src/core/index.ts'
import { createRepository } from '../../src/git/index.ts'
import type { ControlPlane } from '../../src/server/control-plane.ts'
import { repositoryDirectory } from '../../src/server/repositories.ts'

/** A project's bare repository, written to without a server. */
export class BareRepository {
  readonly directory: string
  #clock = 1_700_000_000

  private constructor(directory: string) {
    this.directory = directory
  }

  static async make(plane: Pick<ControlPlane, 'settings'>, project: Project): Promise<BareRepository> {
    const directory = repositoryDirectory(plane.settings, project.id)
    await createRepository(directory, project.defaultBranch)
    return new BareRepository(directory)
  }

  /** A commit of these files on these parents, which no ref holds. */
  commit(files: Readonly<Record<string, string>>, ...parents: readonly CommitId[]): CommitId {
    const lines = Object.entries(files).map(
      ([name, text]) => `100644 blob ${this.git(['hash-object', '-w', '--stdin'], text)}\t${name}\n`,
    )
    const tree = this.git(['mktree'], lines.join(''))
    return this.git(['commit-tree', tree, ...parents.flatMap(id => ['-p', id])], 'A commit') as CommitId
  }

  set(ref: string, commit: CommitId): void {
    this.git(['update-ref', ref, commit])
  }

  ref(name: string): string {
    return this.git(['rev-parse', '--verify', name])
  }

  git(args: readonly string[], input = ''): string {
    const date = `${this.#clock++} +0000`
    return execFileSync('git', ['--git-dir', this.directory, ...args], {
      input,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.org',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.org',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    }).trim()
  }
}
