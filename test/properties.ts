import fc from 'fast-check'

/** One seed for every property of a run, so that what passed once passes again. A failure names its seed and path. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['BALLAST_SEED'] ?? 1) })
