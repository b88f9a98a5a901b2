terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "base_endpoint" {
  description = "Address of the view without the route, such as https://www.example.com/ws/"
  type        = string
}

variable "address_header" {
  description = "Header with the client's address, which integration_headers.py prints"
  type        = string
}

variable "gateway_secret" {
  type      = string
  sensitive = true
}

variable "domain_name" {
  type    = string
  default = "ws.example.com"
}

variable "certificate_arn" {
  description = "A certificate for the domain, in the region of the provider"
  type        = string
}

variable "hosted_zone_id" {
  description = "The zone of your site in Route 53"
  type        = string
}

locals {
  request_parameters = {
    "integration.request.header.connectionId"          = "context.connectionId"
    "integration.request.header.${var.address_header}" = "context.identity.sourceIp"
    "integration.request.header.X-Ws-Request-Id"       = "context.requestId"
    "integration.request.header.X-Ws-Gateway-Secret"   = "'${var.gateway_secret}'"
  }
}

resource "aws_apigatewayv2_api" "chat" {
  name                         = "Chat"
  protocol_type                = "WEBSOCKET"
  api_key_selection_expression = "$request.header.x-api-key"
  route_selection_expression   = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "connect" {
  api_id               = aws_apigatewayv2_api.chat.id
  connection_type      = "INTERNET"
  integration_method   = "POST"
  integration_type     = "HTTP_PROXY"
  integration_uri      = "${var.base_endpoint}connect"
  passthrough_behavior = "WHEN_NO_MATCH"
  request_parameters   = local.request_parameters
  timeout_milliseconds = 29000
}

resource "aws_apigatewayv2_route" "connect" {
  api_id    = aws_apigatewayv2_api.chat.id
  route_key = "$connect"
  target    = "integrations/${aws_apigatewayv2_integration.connect.id}"
}

resource "aws_apigatewayv2_integration" "disconnect" {
  api_id               = aws_apigatewayv2_api.chat.id
  connection_type      = "INTERNET"
  integration_method   = "POST"
  integration_type     = "HTTP_PROXY"
  integration_uri      = "${var.base_endpoint}disconnect"
  passthrough_behavior = "WHEN_NO_MATCH"
  request_parameters   = local.request_parameters
  timeout_milliseconds = 29000
}

resource "aws_apigatewayv2_route" "disconnect" {
  api_id    = aws_apigatewayv2_api.chat.id
  route_key = "$disconnect"
  target    = "integrations/${aws_apigatewayv2_integration.disconnect.id}"
}

resource "aws_apigatewayv2_integration" "default" {
  api_id               = aws_apigatewayv2_api.chat.id
  connection_type      = "INTERNET"
  integration_method   = "POST"
  integration_type     = "HTTP_PROXY"
  integration_uri      = "${var.base_endpoint}default"
  passthrough_behavior = "WHEN_NO_MATCH"
  request_parameters   = local.request_parameters
  timeout_milliseconds = 29000
}

resource "aws_apigatewayv2_route" "default" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = "$default"
  route_response_selection_expression = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.default.id}"
}

resource "aws_apigatewayv2_deployment" "chat" {
  api_id = aws_apigatewayv2_api.chat.id

  # A deployment is a copy of the API as it was, and another one is made when these values change.
  triggers = {
    copied = sha1(jsonencode([var.base_endpoint, local.request_parameters]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_apigatewayv2_route.connect,
    aws_apigatewayv2_route.disconnect,
    aws_apigatewayv2_route.default,
  ]
}

resource "aws_apigatewayv2_stage" "production" {
  api_id        = aws_apigatewayv2_api.chat.id
  name          = "production"
  deployment_id = aws_apigatewayv2_deployment.chat.id
}

resource "aws_apigatewayv2_domain_name" "chat" {
  domain_name = var.domain_name

  domain_name_configuration {
    certificate_arn = var.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "chat" {
  api_id      = aws_apigatewayv2_api.chat.id
  domain_name = aws_apigatewayv2_domain_name.chat.id
  stage       = aws_apigatewayv2_stage.production.id
}

resource "aws_route53_record" "chat" {
  zone_id = var.hosted_zone_id
  name    = var.domain_name
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.chat.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.chat.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}

output "api_id" {
  value = aws_apigatewayv2_api.chat.id
}
