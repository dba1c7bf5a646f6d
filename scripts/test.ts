/**
 * `npm test`: types, lint, unused code, then the tests. Every stage runs even when an earlier one failed, so
 * that one run tells all there is to mend. Arguments go to vitest: `npm test -- src/evaluate`.
 */
import { spawnSync } from 'node:child_process'

const node = process.execPath
/** All but `long`, which has its own script: `npm run test:long`. */
const projects = ['unit', 'structure', 'e2e'].map(name => `--project=${name}`)
const filters = process.argv.slice(2)

const stages: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: 'types', args: ['node_modules/typescript-7/bin/tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the web UI', args: ['node_modules/typescript-7/bin/tsc', '-p', 'web/tsconfig.json'] },
  { name: 'lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'] },
  { name: 'unused code', args: ['node_modules/knip/bin/knip.js'] },
  { name: 'tests', args: ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...filters] },
]

const failed: string[] = []
for (const stage of filters.length > 0 ? stages.slice(-1) : stages) {
  const started = Date.now()
  const { status } = spawnSync(node, stage.args, { stdio: 'inherit' })
  console.log(
    `${status === 0 ? 'passed' : 'FAILED'}: ${stage.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  )
  if (status !== 0) failed.push(stage.name)
}
if (failed.length > 0) {
  console.error(`npm test: failed: ${failed.join(', ')}`)
  process.exit(1)
}
