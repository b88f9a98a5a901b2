uv build --out-dir dist
python -m zipfile --list dist/*.whl
