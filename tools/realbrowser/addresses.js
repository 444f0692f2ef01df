// Run by Node; the arguments are a base URL and a file with a JSON list of references.
// Prints a JSON list of the URLs they lead to; "" for none.
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
