import { setPriority } from 'node:os'
import { BallastError, messageOf } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import type { PackStore } from '../../pack/types.ts'
import { type Channel, openChannel } from './channel.ts'
import type { FromPacker, ToPacker } from './messages.ts'
import { packFile } from './pack-file.ts'

type Work = Extract<ToPacker, { readonly kind: 'work' }>

/** Below everything that answers somebody. */
const NICE = 10

/** One packing, in a process of its own that the server started with a channel. Ends when the server does. */
export async function packerProcess(packs: PackStore): Promise<void> {
  if (!process.send) throw needsServer()
  setPriority(0, NICE)
  process.once('disconnect', () => process.exit(1))
  const channel = openChannel()
  const answer = await done(packs, channel, await channel.work)
  // The channel is closed once the message is on its way.
  process.send(answer, () => process.disconnect())
}

async function done(packs: PackStore, channel: Channel, work: Work): Promise<FromPacker> {
  try {
    return { kind: 'done', packSize: await packFile(work, { ...channel, packs }) }
  } catch (failure) {
    const code = failure instanceof BallastError ? failure.code : undefined
    return { kind: 'failed', message: messageOf(failure), ...(code !== undefined && { code }) }
  }
}

function needsServer(): RegistryError {
  return new RegistryError('PACKING_FAILED', {
    message: 'ballast packer is started by the server, which tells it what to pack',
    hint: 'To pack a file of your own: ballast pack FILE.',
  })
}
