import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { StageResult } from '../../api/index.ts'
import { BallastError, messageOf } from '../../core/index.ts'
import { cleanLines } from '../output/clean.ts'
import { readStageInput, type StageContext } from '../stages/context.ts'
import { convertStage } from '../stages/convert.ts'
import { evaluateStage } from '../stages/evaluate.ts'
import { gateStage } from '../stages/gate.ts'
import { inspectStage } from '../stages/inspect.ts'
import { optimizeStage } from '../stages/optimize.ts'
import { registerStage } from '../stages/register.ts'
import { scanStage } from '../stages/scan.ts'

const STAGES: Readonly<
  Record<string, (context: StageContext, say: (line: string) => void) => Promise<StageResult>>
> = {
  scan: scanStage,
  inspect: inspectStage,
  convert: convertStage,
  evaluate: evaluateStage,
  gate: gateStage,
  optimize: (context, say) => optimizeStage(context, say),
  register: registerStage,
}

/** How a runner calls Ballast's own stages; people use inspect, evaluate and gate. */
export function stageCommand(): Command {
  return new Command('stage')
    .description('one model stage of a pipeline, as a runner calls it')
    .argument('<stage>', Object.keys(STAGES).join(', '))
    .requiredOption('--input <file>', 'input.json')
    .requiredOption('--output <file>', 'where to write result.json')
    .action(run)
}

async function run(
  stage: string,
  { input, output }: { readonly input: string; readonly output: string },
): Promise<void> {
  const work = Object.hasOwn(STAGES, stage) ? STAGES[stage] : undefined
  if (!work)
    throw new BallastError('STAGE_UNKNOWN', {
      message: `There is no stage '${stage}'`,
      hint: `One of ${Object.keys(STAGES).join(', ')}.`,
    })
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const found = await work(await readStageInput(input), say).catch((error: unknown) =>
    refusal(stage as StageResult['stage'], error),
  )
  // They are printed where the log is read, and to whoever pushed.
  const result = { ...found, summary: found.summary.map(cleanLines) }
  for (const line of result.summary) say(line)
  await writeFile(output, JSON.stringify(result))
}

/** A model or data set that can't be read is a verdict on the commit, with its reason; a bug of ours is none. */
function refusal(stage: StageResult['stage'], error: unknown): StageResult {
  if (!(error instanceof BallastError)) throw error
  return {
    stage,
    verdict: 'failed',
    summary: [messageOf(error), ...(error.hint ? [error.hint] : [])],
    records: {},
  }
}
