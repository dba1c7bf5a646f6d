import { resolve } from 'node:path'
import { Command } from 'commander'
import { parseDuration, parseSize } from '../../core/index.ts'
import { type RunningServer, startServer } from '../../server/index.ts'
import { serveControl } from '../../server/supervision/index.ts'
import { parseListen } from '../listen.ts'
import { commit, version } from '../version.ts'

interface Options {
  readonly data: string
  readonly listen: string
  readonly publicUrl?: string
  readonly gatewayUrl: string
  /** Milliseconds. */
  readonly keepLogs?: number
  /** Bytes. */
  readonly keepWarm?: number
  /** Milliseconds. */
  readonly gcGrace?: number
}

export function serverCommand(script: string = process.argv[1] ?? ''): Command {
  return new Command('server')
    .description('control plane: HTTP API, web UI, git and the reconcilers')
    .requiredOption('--data <folder>', 'state folder')
    .option('--listen <host:port>', 'address to listen on', '127.0.0.1:7420')
    .option('--public-url <url>', 'what links and remotes begin with; default: the address')
    .option('--gateway-url <url>', 'where predictions are answered', 'http://127.0.0.1:7421')
    .option(
      '--keep-logs <time>',
      'how long logs of jobs are kept, such as 90d (default: for ever)',
      parseDuration,
    )
    .option(
      '--keep-warm <size>',
      'whole copies of packed models, at most (default: a tenth of the disk, up to 20 GB)',
      parseSize,
    )
    .option('--gc-grace <time>', 'how long stays what nothing refers to (default: 7d)', parseDuration)
    .action((options: Options) => run(options, script))
}

async function run(options: Options, script: string): Promise<void> {
  const { data, listen, publicUrl, gatewayUrl, keepLogs, keepWarm, gcGrace } = options
  const address = parseListen(listen)
  let running: RunningServer | undefined
  const control = await serveControl('server', data, { version, onStop: async () => running?.close() })
  running = await startServer({
    ...address,
    dataDir: data,
    ...(publicUrl && { publicUrl: publicUrl.replace(/\/+$/, '') }),
    gatewayUrl: gatewayUrl.replace(/\/+$/, ''),
    version,
    ...(commit && { commit }),
    ...(keepLogs !== undefined && { keepLogsMs: keepLogs }),
    store: {
      command: [process.execPath, resolve(script)],
      ...(keepWarm !== undefined && { warmBytes: keepWarm }),
      ...(gcGrace !== undefined && { graceMs: gcGrace }),
    },
  })
  control.ready({ url: running.url })
  process.stdout.write(`ballast server: ${running.url}\n`)
}
