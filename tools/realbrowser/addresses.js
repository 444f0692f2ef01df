// Run by Node; the arguments are a base address and a file with a JSON list of
// references. Answers with the address that each leads to; "": none.
const { readFileSync } = require('fs');

const [base, file] = process.argv.slice(1);
const lead = reference => {
  try {
    return new URL(reference, base).href;
  } catch {
    return '';
  }
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).map(lead)));
