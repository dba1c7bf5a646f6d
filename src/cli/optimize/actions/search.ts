import { BallastError, resolveInside } from '../../../core/index.ts'
import { print } from '../../output/print.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { allGates } from '../../stages/gate.ts'
import { localRepository } from '../../stages/local.ts'
import { dataFile } from '../data-file.ts'
import { describeSearch } from '../search/describe.ts'
import { changeNamed } from '../search/named.ts'
import { searchVariants, withComparison } from '../search/search.ts'
import { measureOf } from './measure.ts'
import type { Options } from './options.ts'

/** Several changes, judged by the gates; the best is written. */
export async function search(path: string, options: Options): Promise<void> {
  const { folder, gate = [], output, json } = options
  const repository = await localRepository(folder)
  const wanted = repository.evaluate
  const file = options.data ?? (wanted && (await resolveInside(folder, wanted.data)))
  if (file === undefined)
    throw new BallastError('NO_DATA', {
      message: 'ballast.yaml names no data to judge variants on',
      hint: 'Name it with --data, or add `evaluate: { data: data/test.npz }`.',
    })
  for (const name of options.try) changeNamed(name)
  const found = await searchVariants({
    path,
    out: output,
    config: await modelConfigOf(folder, repository),
    data: dataFile(file, wanted),
    ...(wanted?.limit !== undefined && { limit: wanted.limit }),
    gates: withComparison(allGates(repository.gates, gate), repository.model.task),
    tries: options.try,
    prefer: options.prefer,
    measure: measureOf(options),
    ...(options.maxMemory !== undefined && { memory: options.maxMemory }),
    say: line => process.stderr.write(`${line}\n`),
  })
  print(found, json, value => describeSearch(value, wanted?.metrics ?? []))
}
