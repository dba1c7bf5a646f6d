export {
  type Envelope,
  type EnvelopeSignature,
  envelopeOf,
  payloadOf,
  signerOf,
  signPayload,
} from './envelope.ts'
export {
  makeSigningKey,
  type PublicJwk,
  type PublicKey,
  publicJwkOf,
  publicKeyOf,
  readPublicKeys,
} from './keys.ts'
