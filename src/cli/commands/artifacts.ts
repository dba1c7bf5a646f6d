import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { Command } from 'commander'
import type { ApiClient, AttemptView } from '../../api/index.ts'
import { type Digest, formatSize } from '../../core/index.ts'
import { fetchFile } from '../../runner/index.ts'
import { print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { latestAttempt } from '../remote/pipelines.ts'
import { remote } from '../remote/settings.ts'

interface Options {
  readonly out?: string
  readonly json?: boolean
}

export function artifactsCommand(): Command {
  return new Command('artifacts')
    .description('files that a job kept: listed, or saved into a folder')
    .argument('<pipeline>', 'id, or project#number')
    .argument('<job>', 'its name')
    .option('--out <folder>', 'save them there, replacing files of the same names')
    .option('--json', 'for machines')
    .action(run)
}

async function run(pipeline: string, job: string, { out, json }: Options): Promise<void> {
  const client = await remote()
  const attempt = await latestAttempt(client, pipeline, job)
  if (out !== undefined) await save(client, attempt, out)
  const shown = (path: string) => (out === undefined ? path : join(out, path))
  print(attempt.artifacts, json, artifacts =>
    table(
      ['FILE', 'SIZE', 'DIGEST'],
      artifacts.map(({ path, size, digest }) => [shown(path), formatSize(size), digest]),
    ),
  )
}

/** Each is verified by its digest; none is written outside of the folder, whatever it is called. */
async function save(client: ApiClient, { id, artifacts }: AttemptView, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const file of artifacts) {
    const path = file.path.split('/').map(encodeURIComponent).join('/')
    const kept = { ...file, digest: file.digest as Digest, executable: false }
    await fetchFile(folder, kept, async () => {
      const { body } = await client.stream(`/attempts/${id}/artifacts/${path}`)
      return body ? Readable.fromWeb(body as ReadableStream) : Readable.from([])
    })
  }
}
