// Run by Node in the folder of the packages; the arguments are the schema and the
// document. xmllint runs in a worker thread, which would import toolcache.Guard too,
// where it cannot work; hence this copy of it.
process.stdin.on('end', () => process.kill(0, 'SIGKILL')).resume().unref();

const { readFileSync } = require('fs');
const { validateXML } = require('module').createRequire(process.cwd() + '/package.json')('xmllint-wasm');

const [schema, document] = process.argv.slice(1).map(file => readFileSync(file, 'utf8'));
validateXML({ xml: [{ fileName: 'document.xml', contents: document }], schema: [schema], maxMemoryPages: 4096 })
  .then(({ errors }) => process.stdout.write(JSON.stringify(errors)));
