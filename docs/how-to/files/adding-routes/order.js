socket.send(JSON.stringify({ action: "order", handler: "place_order", what: "tea" }));
