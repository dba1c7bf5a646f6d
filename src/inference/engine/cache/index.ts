export { type Answered, type CacheEvents, Flights, type Question } from './flights.ts'
