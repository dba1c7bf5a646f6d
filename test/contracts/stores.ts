import { afterEach, beforeEach, describe } from 'vitest'
import type { Instant } from '../../src/core/index.ts'
import { accessContract } from './stores/access.ts'
import { deliveryContract } from './stores/delivery.ts'
import { engineContract } from './stores/engine.ts'
import { lfsContract } from './stores/lfs.ts'
import { notifyContract } from './stores/notify.ts'
import { objectContract } from './stores/objects.ts'
import { pipelineContract } from './stores/pipelines.ts'
import { rolloutContract } from './stores/rollouts.ts'
import { triggerContract } from './stores/triggers.ts'
import { versionNamesContract } from './stores/version-names.ts'
import { versionContract } from './stores/versions.ts'
import { NOON, type OpenStores, type StoresWorld } from './stores/world.ts'

/** What every adapter of the stores keeps to. */
export function describeStores(name: string, open: OpenStores): void {
  describe(`stores: ${name}`, () => {
    let world: StoresWorld
    let now: Instant = NOON
    const stores = () => world.stores
    beforeEach(async () => {
      now = NOON
      world = await open({ now: () => now })
    })
    afterEach(() => world.close())
    describe('access', () =>
      accessContract(stores, time => {
        now = time
      }))
    describe('pipelines', () => pipelineContract(stores))
    describe('engine', () => engineContract(stores))
    describe('triggers', () => triggerContract(stores))
    describe('delivery', () => deliveryContract(stores))
    describe('lfs', () => lfsContract(stores))
    describe('versions', () => versionContract(stores))
    describe('names of versions', () => versionNamesContract(stores))
    describe('objects', () => objectContract(stores))
    describe('rollouts', () => rolloutContract(stores))
    describe('notify', () => notifyContract(stores))
  })
}
