// A TCP proxy that can be made to misbehave.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Proxy {
    /// Heads of the forwarded requests.
    requests = [];

    /// Gets data from the server and a function that cuts the connection; returns the pieces to
    /// forward.
    pass = (data) => [data];

    constructor(port) {
        this.port = port;
    }

    async listen() {
        this.server = createServer((client) => this.#serve(client));
        this.server.listen(0, "127.0.0.1");
        await once(this.server, "listening");
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    #serve(client) {
        const server = connect(this.port, "127.0.0.1");
        const cut = () => {
            client.resetAndDestroy();
            server.destroy();
        };
        client.setNoDelay();
        client.on("error", () => server.destroy());
        server.on("error", () => client.destroy());
        client.on("data", (data) => {
            this.requests.push(data.toString("latin1"));
            server.write(data);
        });
        client.on("end", () => server.end());
        server.on("end", () => client.end());
        server.on("data", (data) => {
            for (const piece of this.pass(data, cut)) client.write(piece);
        });
    }
}
