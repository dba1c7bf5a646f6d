import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_ALIAS, type SshFiles } from '../../git/index.ts'

/** Below the data folder's `run/`; what a crash left is removed at the next start with the rest of it. */
const PREFIX = 'ssh-'

/** Lays a key and the host's own key into files of their own, for as long as they are used. */
export async function withSshFiles<Result>(
  dataDir: string,
  { key, hostKey }: { readonly key: string; readonly hostKey: string },
  use: (files: SshFiles) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(dataDir, 'run', PREFIX))
  try {
    const files = { keyFile: join(folder, 'key'), knownHostsFile: join(folder, 'known_hosts') }
    await writeFile(files.keyFile, `${key.trimEnd()}\n`, { mode: 0o600 })
    await writeFile(files.knownHostsFile, `${HOST_ALIAS} ${hostKey}\n`, { mode: 0o600 })
    return await use(files)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Keys that a crash left behind. */
export async function removeSshFiles(dataDir: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    if (name.startsWith(PREFIX)) await rm(join(dataDir, 'run', name), { recursive: true, force: true })
}
