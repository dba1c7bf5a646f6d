import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { BallastError, formatDuration } from '../../core/index.ts'
import { startBallast } from '../demo/ballast.ts'
import { trafficImages } from '../demo/images.ts'
import { type Narrator, tellStory } from '../demo/story.ts'
import { paint } from '../report.ts'

interface Options {
  readonly exit?: boolean
  readonly sandbox: boolean
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('the main job, live, on real data: push, gates, canary, promotion, abort, rollback')
    .option('--exit', 'end when the story is told; status 0 only if all of it happened')
    .option('--no-sandbox', 'run jobs as this very user')
    .action(run)
}

async function run({ exit, sandbox }: Options): Promise<void> {
  const root = rootFolder()
  const started = performance.now()
  const { narrator, broken } = makeNarrator()
  narrator.chapter('0 · Ballast starts')
  const ballast = await startBallast({ entry: process.argv[1]!, sandbox, say: narrator.say })
  try {
    narrator.say(`web UI ${ballast.url} · predictions ${ballast.gatewayUrl}`)
    await tellStory(ballast, await trafficImages(root), root, narrator)
    narrator.chapter(
      broken.length === 0
        ? `All of it happened, in ${formatDuration(performance.now() - started)}.`
        : `${broken.length} of it did not happen:`,
    )
    for (const line of broken) narrator.say(line)
    if (broken.length > 0) process.exitCode = 1
    if (!exit) await lookAround(ballast.url, ballast.token)
  } finally {
    await ballast.stop()
    await rm(ballast.folder, { recursive: true, force: true })
  }
}

function makeNarrator(): { readonly narrator: Narrator; readonly broken: readonly string[] } {
  const broken: string[] = []
  const out = (line: string) => void process.stdout.write(`${line}\n`)
  const narrator: Narrator = {
    chapter: title => out(`\n${paint('bold', title, process.stdout)}`),
    say: line => out(`  ${line}`),
    expect(what, holds, found) {
      if (holds) return out(`  ${paint('green', '✓', process.stdout)} ${what}`)
      const line = `${what}${found ? ` (found: ${found})` : ''}`
      broken.push(line)
      out(`  ${paint('red', '✗', process.stdout)} ${line}`)
    },
  }
  return { narrator, broken }
}

/** Leaves everything up until Ctrl-C. */
async function lookAround(url: string, token: string): Promise<void> {
  process.stdout.write(
    `\n  Look around: ${paint('bold', url, process.stdout)}\n  Log in with: ${token}\n  Ctrl-C ends the demo and removes its folder.\n`,
  )
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
}

/** The checkout, two folders up from dist/ or three from the sources. */
function rootFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const root = ['..', '../..', '../../..']
    .map(way => join(here, way))
    .find(folder => existsSync(join(folder, 'examples', 'digits', 'ballast.yaml')))
  if (root) return root
  throw new BallastError('DEMO_FAILED', {
    message: 'The examples are not here',
    hint: 'The demo runs in a clone of the repository: `npm run demo`.',
  })
}
