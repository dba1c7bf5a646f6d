/**
 * Rollbacks under load: from the moment the request for it is sent to the last request that the replaced version
 * was given, and what was lost meanwhile. Rolls back and forth between two versions.
 *
 *   npm run build && node bench/rollback.ts [rollbacks] [requests a second]
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { rolloutViewSchema } from '../src/api/index.ts'
import { startBallast } from '../src/cli/demo/ballast.ts'
import { trafficImages } from '../src/cli/demo/images.ts'
import { DemoRepository } from '../src/cli/demo/repository.ts'
import { type Answer, Traffic } from '../src/cli/demo/traffic.ts'

const rollbacks = Number(process.argv[2] ?? 20)
const rate = Number(process.argv[3] ?? 300)
const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1]!

const ballast = await startBallast({ entry: 'dist/ballast.js', sandbox: true, say() {} })
try {
  const remote = new URL('/digits.git', ballast.url)
  remote.username = 'bench'
  remote.password = ballast.token
  const repository = new DemoRepository(
    join(ballast.folder, 'digits'),
    join('examples', 'digits'),
    remote.href,
    () => {},
  )
  await repository.create()
  await repository.push('one')
  const images = await trafficImages('.')
  const traffic = new Traffic(ballast.gatewayUrl, 'digits', ballast.token, images)
  const answers: { readonly sent: number; readonly version: string }[] = []
  traffic.onAnswer = (answer: Answer, sent: number) => answers.push({ sent, version: answer.version })
  traffic.start(rate)
  await repository.replaceModel('better.onnx')
  await repository.push('two')
  const delays: number[] = []
  for (let i = 0; i < rollbacks; i++) {
    const replaced = i % 2 === 0 ? '2' : '1'
    const asked = performance.now()
    await ballast.api.send('POST', '/models/digits/rollback', {}, rolloutViewSchema)
    const enough = answers.length + rate
    while (answers.length < enough) await traffic.nextAnswer()
    const last = Math.max(
      asked,
      ...answers.filter(({ version, sent }) => version === replaced && sent >= asked).map(({ sent }) => sent),
    )
    delays.push(last - asked)
  }
  await traffic.stop()
  console.log(
    `${rollbacks} rollbacks at ${rate} requests/s: last request to the replaced version after p50 ${quantile(delays, 0.5).toFixed(0)} ms, p95 ${quantile(delays, 0.95).toFixed(0)} ms, max ${Math.max(...delays).toFixed(0)} ms (bound: 200 ms); ${answers.length} answers, ${traffic.failures.length} lost`,
  )
} finally {
  await ballast.stop()
  await rm(ballast.folder, { recursive: true, force: true })
}
