"""The form says where its text goes, before it is sent."""

import pytest
from django.test import Client
from pydantic import SecretStr
from pytest_django import Settings

from decisions.destination import destination
from tests.interfaces.conftest import BROWSER

HOSTED, OWN = (
    "Your text is sent to a hosted model: ",
    "Your text is sent to a model server run by the operator of this service.",
)
ELSEWHERE = "Your text is sent to a model server at another address. Ask help@example.com who runs it."


@pytest.mark.parametrize(
    ("server", "address", "sentence"),
    [
        ("openai", "https://api.openai.com/v1", f"{HOSTED}OpenAI."),
        ("openai", "https://API.OpenAI.com./v1", f"{HOSTED}OpenAI."),
        ("azure", "https://mine.openai.azure.com/openai/v1", f"{HOSTED}Microsoft Azure."),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", f"{HOSTED}Google."),
        ("mistral", "https://api.mistral.ai/v1", f"{HOSTED}Mistral AI."),
        ("deepseek", "https://api.deepseek.com/v1", f"{HOSTED}DeepSeek."),
        ("groq", "https://api.groq.com/openai/v1", f"{HOSTED}Groq."),
        ("openrouter", "https://openrouter.ai/api/v1", f"{HOSTED}OpenRouter."),
        ("generic", "https://api.mistral.ai/v1", f"{HOSTED}Mistral AI."),
        *((own, "http://127.0.0.1:8000/v1", OWN) for own in ("vllm", "ollama", "llama-cpp", "lm-studio", "tgi")),
        *(("vllm", f"http://{place}:8000/v1", OWN) for place in ("10.0.0.7", "model", "gpu.internal", "[::1]")),
        ("vllm", "https://models.example.com/v1", ELSEWHERE),
        ("openai", "http://127.0.0.1:8000/v1", ELSEWHERE),
        ("vllm", "https://mine.westeurope.cloudapp.azure.com/v1", ELSEWHERE),
        ("openai", "https://notopenai.com/v1", ELSEWHERE),
        ("litellm", "http://127.0.0.1:4000/v1", ELSEWHERE),
        ("generic", "https://203.0.114.7/v1", ELSEWHERE),
    ],
)
def test_sentence_says_who_reads_the_text(settings: Settings, server: str, address: str, sentence: str) -> None:
    settings.DECISION_PROVIDER, settings.SUPPORT_CONTACT = "openai", "help@example.com"
    settings.OPENAI_SERVER, settings.OPENAI_BASE_URL = server, address

    assert destination() == sentence


@pytest.mark.parametrize("form", ["/", "/tickets/"])
def test_each_form_says_it_above_its_button_and_names_no_address(settings: Settings, db: None, form: str) -> None:
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = "https://llm.example.com:8443/v1", SecretStr("canary-key")
    pages = {}
    for settings.DECISION_PROVIDER in ("rules", "openai"):
        pages[settings.DECISION_PROVIDER] = Client(headers={"Accept": BROWSER}).get(form).text

    stays, leaves = "No model is asked: your text stays in this service.", "Your text is sent to a model server at"
    for provider, sentence in (("rules", stays), ("openai", leaves)):
        before, _, after = pages[provider].partition(sentence)
        assert "<textarea" in before
        assert '<button type="submit">' in after
    assert "llm.example" not in pages["openai"]
    assert "canary-key" not in pages["openai"]
