import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RunnerError } from '../../errors.ts'
import type { JobService } from '../../received.ts'
import { settable } from '../../script/quote.ts'
import { serviceArguments } from './arguments.ts'
import { complaint, type Engine } from './engine.ts'
import { awaitService } from './health.ts'
import { hostNames } from './names.ts'

export interface StartingServices {
  readonly engine: Engine
  /** Name of the attempt's network; services are `<name>.1`, `<name>.2` … */
  readonly name: string
  readonly labels: readonly string[]
  readonly services: readonly JobService[]
  /** The job's variables: services get them too, under their own. */
  readonly env: Readonly<Record<string, string>>
  /** Whether they reach the world. */
  readonly network: boolean
  /** For files that only the engine reads. */
  readonly folder: string
  readonly say: (line: string) => Promise<void>
  readonly signal: AbortSignal
}

/** Makes the attempt's network and starts its services in it; waits until they answer. Throws SERVICE_FAILED. */
export async function startServices(starting: StartingServices): Promise<void> {
  const { engine, name, labels, services, network, signal } = starting
  const inside = network ? [] : ['--internal']
  const made = await engine.call(
    ['network', 'create', ...labels.flatMap(label => ['--label', label]), ...inside, name],
    {
      signal,
    },
  )
  if (made.exitCode !== 0) throw failed(`the network for them could not be made: ${complaint(made.stderr)}`)
  for (const [index, service] of services.entries()) await start(starting, service, index + 1)
  await Promise.all(
    services.map((service, index) =>
      awaitService({
        engine,
        container: `${name}.${index + 1}`,
        network: name,
        service,
        say: starting.say,
        signal,
      }),
    ),
  )
}

async function start(starting: StartingServices, service: JobService, number: number): Promise<void> {
  const { engine, name, labels, env, folder, say, signal } = starting
  const environmentFile = join(folder, `service-${number}.env`)
  const { lines, passedOver } = environmentLines({ ...env, ...service.variables })
  await writeFile(environmentFile, lines, { mode: 0o600 })
  if (passedOver.length > 0)
    await say(
      `${service.name} does not get variables of several lines: ${passedOver.join(', ').slice(0, 300)}`,
    )
  const { exitCode, stderr } = await engine.call(
    serviceArguments({
      name: `${name}.${number}`,
      labels,
      service,
      network: name,
      hostNames: hostNames(service.name, service.aliases),
      environmentFile,
    }),
    { signal },
  )
  if (exitCode !== 0) throw failed(`${service.name} did not start: ${complaint(stderr)}`)
}

/** The engines' format has no way to write a newline. */
function environmentLines(env: Readonly<Record<string, string>>): {
  readonly lines: string
  readonly passedOver: readonly string[]
} {
  const all = Object.entries(env).filter(([name]) => settable(name))
  const passedOver = all.filter(([, value]) => /[\n\r\0]/.test(value)).map(([name]) => name)
  const lines = all
    .filter(([name]) => !passedOver.includes(name))
    .map(([name, value]) => `${name}=${value}\n`)
  return { lines: lines.join(''), passedOver }
}

function failed(reason: string): RunnerError {
  return new RunnerError('SERVICE_FAILED', {
    message: `The job's services can't run: ${reason}`,
    hint: "Check the service's image, command and variables.",
  })
}
