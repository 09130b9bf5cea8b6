/*! Packed into one file: typebox, fast-json-stringify with Ajv, and prom-client. Their licences lie beside them in node_modules. */

// What the server takes of libraries that consist of many files. The build packs them into this one: to find and to
// load the 880 took a third of a server's start.
export { default as fastJsonStringify } from 'fast-json-stringify';
export { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
export { type Static, type TSchema, Type } from 'typebox';
export { Compile } from 'typebox/compile';
