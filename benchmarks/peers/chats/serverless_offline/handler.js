"use strict";
// The chat as a Lambda function; the rooms are in memory, as nothing here outlives the process.
const {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} = require("@aws-sdk/client-apigatewaymanagementapi");

const rooms = new Map();
const client = new ApiGatewayManagementApiClient({
  endpoint: process.env.CHAT_ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});

const post = (id, data) =>
  client.send(new PostToConnectionCommand({ ConnectionId: id, Data: JSON.stringify(data) }));

exports.chat = async ({ requestContext, body }) => {
  const id = requestContext.connectionId;
  if (requestContext.eventType !== "MESSAGE") return { statusCode: 200 };
  const message = JSON.parse(body);
  if (message.action === "join_room") {
    if (!rooms.has(message.room)) rooms.set(message.room, new Set());
    rooms.get(message.room).add(id);
    await post(id, { type: "joined" });
  } else if (message.action === "echo") {
    await post(id, { type: "echo", text: message.text });
  } else {
    const said = { type: "said", text: message.text };
    await Promise.all([...rooms.get(message.room)].map((member) => post(member, said)));
  }
  return { statusCode: 200 };
};
