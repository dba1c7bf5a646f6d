/** The kernel of ../assembly/chunking.ts, compiled: made by scripts/build-kernels.ts. */
export const CHUNKING_WASM: string = `
AGFzbQEAAAABCwJgAABgA39/fgF/AwMCAAEFAwEAAgYGAX4BQgALBxgDBXJlc2V0AAADY3V0AAEGbWVtb3J5AgAKTwIGAEIAJAAL
RgEBfiMAIQMDQCAAIAFJBEAgAC0AAEEDdEGACGopAwAgA0IBhnwiAyACg1AEQCAAQQFqDwsgAEEBaiEADAELCyADJABBAAs=
`
