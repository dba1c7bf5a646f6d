import { z } from 'zod'

/**
 * The page's policy allows no code made at run time, which zod would try as soon as a schema is made.
 * Imported for this effect, before everything else.
 */
z.config({ jitless: true })
