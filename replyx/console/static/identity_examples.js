// How a site's own server signs who its visitor is: hex HMAC-SHA256 over four lines. For the page "Identity".

export const EXAMPLES = {
  PHP: `$exp = time() + 3600;
$signature = hash_hmac("sha256", "$user_id\\n$name\\n$email\\n$exp", getenv("REPLYX_SECRET"));`,
  Python: `import hashlib, hmac, os, time

exp = int(time.time()) + 3600
signature = hmac.new(os.environ["REPLYX_SECRET"].encode(), f"{user_id}\\n{name}\\n{email}\\n{exp}".encode(),
                     hashlib.sha256).hexdigest()`,
  "Node.js": `const { createHmac } = require("node:crypto");

const exp = Math.floor(Date.now() / 1000) + 3600;
const signature = createHmac("sha256", process.env.REPLYX_SECRET)
  .update(\`\${userId}\\n\${name}\\n\${email}\\n\${exp}\`).digest("hex");`,
};
